-- migrate:up
alter table items add note json;

-- migrate:down
alter table items drop note;
