-- migrate:up
create index orders_state on orders (state);

-- migrate:down
drop index orders_state on orders;
