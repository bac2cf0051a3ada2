-- migrate:up
update users set locale='de' where name='bob';

-- migrate:down
update users set locale='en';
