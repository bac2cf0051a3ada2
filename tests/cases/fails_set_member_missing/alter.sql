MODIFY flags SET('a','c')
