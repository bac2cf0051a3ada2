-- migrate:up
alter table sessions add ip varbinary(16), add index by_user (user_id);

-- migrate:down
alter table sessions drop ip, drop index by_user;
