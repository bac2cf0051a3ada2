-- migrate:up
create table orders (
  id bigint not null auto_increment primary key,
  user_id integer not null,
  total decimal(10,2) not null default 0,
  index (user_id)
);

-- migrate:down
drop table orders;
