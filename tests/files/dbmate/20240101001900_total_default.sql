-- migrate:up
alter table orders alter column total set default 1.00;

-- migrate:down
alter table orders alter column total set default 0;
