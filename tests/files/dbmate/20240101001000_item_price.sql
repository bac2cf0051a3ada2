-- migrate:up
alter table items add price decimal(10,2) not null default 0.00;

-- migrate:down
alter table items drop price;
