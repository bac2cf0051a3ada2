-- migrate:up
alter table items modify sku varchar(40) not null;

-- migrate:down
alter table items modify sku char(12) not null;
