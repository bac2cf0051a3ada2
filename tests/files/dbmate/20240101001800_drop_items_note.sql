-- migrate:up
alter table items drop column note;

-- migrate:down
alter table items add note json;
