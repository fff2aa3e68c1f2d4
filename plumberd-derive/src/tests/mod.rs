mod aggregate;
