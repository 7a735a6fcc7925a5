-- One row a customer. Plain SQL: joins, filters and window functions belong here.
SELECT
  customer_id, email, first_name, last_name, phone, company, city, country, plan, revenue, born, signed_up, notes
FROM customers
WHERE NOT internal
