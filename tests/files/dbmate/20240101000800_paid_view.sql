-- migrate:up
create view paid_orders as select id, user_id, total from orders where state='paid';

-- migrate:down
drop view paid_orders;
