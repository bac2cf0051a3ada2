-- migrate:up
alter table users add locale varchar(10) not null default 'en' after name;

-- migrate:down
alter table users drop locale;
