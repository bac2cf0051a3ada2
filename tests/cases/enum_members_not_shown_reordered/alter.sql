MODIFY e ENUM('😁', '?', '😎', 'a', '😀') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
