-- migrate:up
create table users (
  id integer auto_increment primary key,
  name varchar(255),
  email varchar(191) not null
);

-- migrate:down
drop table users;
