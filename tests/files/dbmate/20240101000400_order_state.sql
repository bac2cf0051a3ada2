-- migrate:up
alter table orders add column state varchar(20) not null default 'new';

-- migrate:down
alter table orders drop column state;
