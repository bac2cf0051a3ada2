-- migrate:up
update orders set state='paid', paid_at='2024-01-01 10:00:00' where id=1;

-- migrate:down
update orders set state='new', paid_at=null;
