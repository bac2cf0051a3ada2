MODIFY size ENUM('small','large')
