MODIFY a ENUM('x','y')
