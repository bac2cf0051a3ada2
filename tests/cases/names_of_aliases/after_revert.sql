UPDATE l SET o=5, s='five' WHERE o=2;
