ALTER TABLE tags DROP weight;
