-- migrate:up
create unique index users_email on users (email);

-- migrate:down
drop index users_email on users;
