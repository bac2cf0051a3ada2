-- migrate:up
insert into users (name, email) values ('alice', 'alice@example.com'), ('bob', 'bob@example.com');
insert into orders (user_id, total) values (1, 12.34), (2, 0.5);

-- migrate:down
delete from orders;
delete from users;
