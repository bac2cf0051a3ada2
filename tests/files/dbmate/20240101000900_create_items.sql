-- migrate:up
create table items (
  order_id bigint not null,
  line int not null,
  sku char(12) not null,
  amount int not null default 1,
  primary key (order_id, line)
);

-- migrate:down
drop table items;
