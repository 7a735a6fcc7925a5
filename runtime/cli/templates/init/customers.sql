SELECT customer_id, email, first_name, last_name, country
FROM customers
