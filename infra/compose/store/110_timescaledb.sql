-- Run once by the image, when the store is made.
\connect tournee
CREATE EXTENSION IF NOT EXISTS timescaledb;
