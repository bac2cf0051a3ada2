-- migrate:up
create or replace view paid_orders as select id, user_id, total, paid_at from orders where state='paid';

-- migrate:down
create or replace view paid_orders as select id, user_id, total from orders where state='paid';
