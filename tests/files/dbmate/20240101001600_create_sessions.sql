-- migrate:up
create table sessions (token binary(16) not null primary key, user_id int not null, seen timestamp not null default current_timestamp on update current_timestamp);

-- migrate:down
drop table sessions;
