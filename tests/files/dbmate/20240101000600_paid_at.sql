-- migrate:up transaction:false
alter table orders add column paid_at datetime null;

-- migrate:down
alter table orders drop column paid_at;
