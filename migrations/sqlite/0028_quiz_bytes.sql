-- SQLite compares text byte by byte as it is; PostgreSQL has to be told.
SELECT 1;
