CREATE TABLE IF NOT EXISTS sjd_jobs (
    id VARCHAR(40) PRIMARY KEY,
    client VARCHAR(200) NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT,
    state VARCHAR(12) NOT NULL,
    prompt VARCHAR(32000) NOT NULL,
    recipe TEXT NOT NULL,
    result TEXT,
    error VARCHAR(500),
    attempts INT DEFAULT 0 NOT NULL
);
CREATE INDEX IF NOT EXISTS sjd_jobs_by_state ON sjd_jobs (state);
