/**
 * The schema on which every statement is measured: one table for each thing that makes a difference.
 * Does NOT hold the statements (see the rows).
 */

/** What only PostgreSQL 18 and later can make; behind the other. */
export const BASE_18 = `
CREATE TABLE m.far (id integer PRIMARY KEY);
INSERT INTO m.far SELECT n FROM generate_series(1, 100) AS n;
CREATE TABLE m.lax (a integer, b integer, CONSTRAINT lax_far FOREIGN KEY (a) REFERENCES m.far NOT ENFORCED);
ALTER TABLE m.lax ADD CONSTRAINT lax_b CHECK (b > 0) NOT ENFORCED;
INSERT INTO m.lax SELECT n, n FROM generate_series(1, 100) AS n;
`;

/** Made once per server; the first file of the model that the claims rest on. */
export const BASE = `
CREATE SCHEMA m; CREATE SCHEMA other;
CREATE TYPE m.mood AS ENUM ('ok', 'bad');
CREATE TYPE m.pair AS (a integer, b text);
CREATE TYPE m.triple AS (a integer, b integer);
CREATE DOMAIN m.plain_text AS text;
CREATE DOMAIN m.positive AS integer CHECK (VALUE > 0);

CREATE TABLE m.parent (
    id integer PRIMARY KEY, code varchar(10) UNIQUE, note text, nullable integer, other_id integer,
    price numeric(8, 2), made timestamp(3), kept integer NOT NULL, small varchar(20), flags varbit(4),
    span interval(2), addr cidr, big bigint, mood m.mood DEFAULT 'ok', plain m.plain_text, tags text[], fixed char(4)
);
INSERT INTO m.parent (id, code, nullable, kept, big)
SELECT n, n, n, n, n FROM generate_series(1, 100) AS n;
CREATE INDEX parent_small ON m.parent (small);
CREATE INDEX parent_note_lower ON m.parent (lower(note));
CREATE INDEX parent_big ON m.parent (big);
CREATE UNIQUE INDEX parent_kept ON m.parent (kept);
CREATE UNIQUE INDEX parent_nullable ON m.parent (nullable);
ALTER TABLE m.parent ADD CONSTRAINT kept_positive CHECK (kept > 0);
ALTER TABLE m.parent ADD CONSTRAINT nullable_set CHECK (nullable IS NOT NULL);
ALTER TABLE m.parent ADD CONSTRAINT unchecked CHECK (big > 0) NOT VALID;

CREATE TABLE m.child (
    id serial PRIMARY KEY, parent_id integer, parent_code varchar(10), amount integer,
    CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES m.parent (id)
);
INSERT INTO m.child (parent_id, parent_code, amount) SELECT n, n, n FROM generate_series(1, 100) AS n;
CREATE INDEX child_parent_id ON m.child (parent_id);
ALTER TABLE m.child ADD CONSTRAINT child_code FOREIGN KEY (parent_code) REFERENCES m.parent (code) NOT VALID;

CREATE TABLE m.plain (a integer, b text, c varchar(10), d integer NOT NULL DEFAULT 5, e integer);
INSERT INTO m.plain SELECT n, n, n, n, n FROM generate_series(1, 100) AS n;
ALTER TABLE m.plain ADD CONSTRAINT plain_a_unchecked CHECK (a > 0) NOT VALID;
CREATE TABLE m.keyless (a integer NOT NULL, b integer);
INSERT INTO m.keyless SELECT n, n FROM generate_series(1, 100) AS n;
CREATE UNIQUE INDEX keyless_a ON m.keyless (a);
CREATE UNIQUE INDEX keyless_b ON m.keyless (b);
CREATE TABLE m.empty (a integer);
CREATE TABLE m.typed (a integer, b text);
CREATE TABLE m.of_pair OF m.pair;
CREATE TABLE m.orphan (a integer, b text);
CREATE TABLE m.viewed (a integer);
CREATE TABLE m.domained (a m.positive);
INSERT INTO m.domained SELECT n FROM generate_series(1, 100) AS n;
CREATE TABLE m.pairs (p m.pair);
CREATE TABLE m.counted (id integer GENERATED ALWAYS AS IDENTITY, v integer NOT NULL,
    doubled integer GENERATED ALWAYS AS (v * 2) STORED);
INSERT INTO m.counted (v) SELECT n FROM generate_series(1, 100) AS n;
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE m.abroad (a integer) SERVER nowhere;
CREATE UNLOGGED TABLE m.fast (a integer);
INSERT INTO m.fast SELECT n FROM generate_series(1, 100) AS n;

CREATE TABLE m.part (k integer NOT NULL, v integer, w text, PRIMARY KEY (k)) PARTITION BY RANGE (k);
CREATE TABLE m.part_1 PARTITION OF m.part FOR VALUES FROM (0) TO (100);
CREATE TABLE m.part_2 PARTITION OF m.part FOR VALUES FROM (100) TO (200);
INSERT INTO m.part SELECT n, n, n FROM generate_series(0, 199) AS n;
CREATE INDEX part_v ON m.part (v);

CREATE TABLE m.split (k integer, v integer) PARTITION BY RANGE (k);
CREATE TABLE m.split_1 PARTITION OF m.split FOR VALUES FROM (0) TO (100);
CREATE TABLE m.split_rest PARTITION OF m.split DEFAULT;
INSERT INTO m.split SELECT n, n FROM generate_series(0, 99) AS n;
INSERT INTO m.split SELECT n, n FROM generate_series(5000, 5099) AS n;
CREATE TABLE m.loose (k integer, v integer);
INSERT INTO m.loose SELECT n, n FROM generate_series(200, 299) AS n;
CREATE TABLE m.single (k integer, v integer);
INSERT INTO m.single SELECT 200, n FROM generate_series(1, 100) AS n;
CREATE TABLE m.checked (k integer NOT NULL, v integer, CHECK (k >= 200 AND k < 300));
INSERT INTO m.checked SELECT n, n FROM generate_series(200, 299) AS n;

CREATE TABLE m.lone (k integer, v integer) PARTITION BY LIST (k);
CREATE TABLE m.lone_1 PARTITION OF m.lone FOR VALUES IN (1);
INSERT INTO m.lone SELECT 1, n FROM generate_series(1, 100) AS n;
CREATE TABLE m.listed (k integer, v integer, CHECK (k IS NOT NULL AND k IN (2, 3)));
INSERT INTO m.listed SELECT 2, n FROM generate_series(1, 100) AS n;

CREATE TABLE m.keyed (k integer NOT NULL, parent_id integer REFERENCES m.parent) PARTITION BY RANGE (k);
CREATE TABLE m.keyed_1 PARTITION OF m.keyed FOR VALUES FROM (0) TO (100);
INSERT INTO m.keyed SELECT n, n FROM generate_series(1, 99) AS n;
CREATE TABLE m.keyed_new (k integer NOT NULL, parent_id integer, CHECK (k >= 100 AND k < 200));
INSERT INTO m.keyed_new SELECT 99 + n, n FROM generate_series(1, 100) AS n;

CREATE TABLE m.half (k integer, v integer) PARTITION BY RANGE (k);
CREATE TABLE m.half_1 PARTITION OF m.half FOR VALUES FROM (0) TO (100);
CREATE INDEX half_v ON ONLY m.half (v);
CREATE INDEX half_1_v ON m.half_1 (v);

CREATE TABLE m.above (a integer, b text);
CREATE TABLE m.below (c integer) INHERITS (m.above);
INSERT INTO m.above SELECT n, n FROM generate_series(1, 100) AS n;
INSERT INTO m.below SELECT n, n, n FROM generate_series(1, 100) AS n;

CREATE VIEW m.seen AS SELECT id, other_id FROM m.parent;
CREATE VIEW m.seen_twice AS SELECT s.id FROM m.seen AS s JOIN m.viewed AS v ON v.a = s.id;
CREATE MATERIALIZED VIEW m.kept_view AS SELECT id, other_id FROM m.parent;
CREATE UNIQUE INDEX kept_view_id ON m.kept_view (id);
CREATE SEQUENCE m.numbers;
CREATE SEQUENCE m.owned OWNED BY m.plain.a;
CREATE STATISTICS m.plain_stats ON a, e FROM m.plain;

CREATE FUNCTION m.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION m.anything() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE PROCEDURE m.act() LANGUAGE plpgsql AS 'BEGIN END';
CREATE TRIGGER plain_stamp BEFORE UPDATE ON m.plain FOR EACH ROW EXECUTE FUNCTION m.stamp();
CREATE TRIGGER part_stamp BEFORE UPDATE ON m.part FOR EACH ROW EXECUTE FUNCTION m.stamp();
CREATE RULE plain_rule AS ON DELETE TO m.keyless DO ALSO NOTHING;
CREATE POLICY plain_policy ON m.plain USING (true);
CREATE PUBLICATION published FOR TABLE m.empty;

CREATE DOMAIN m.nested AS m.positive; CREATE DOMAIN m.nested_twice AS m.nested;
CREATE DOMAIN m.nested_plain AS m.plain_text;
CREATE DOMAIN m.fickle AS uuid DEFAULT gen_random_uuid(); CREATE DOMAIN m.over_fickle AS m.fickle;
CREATE DOMAIN m.given AS integer DEFAULT 5;
CREATE TABLE m.nesting (a integer, b m.nested, c m.nested_plain, t text);
INSERT INTO m.nesting SELECT n, n, n, n FROM generate_series(1, 100) AS n;

CREATE TABLE m.aim (k integer PRIMARY KEY, v integer) PARTITION BY RANGE (k);
CREATE TABLE m.aim_1 PARTITION OF m.aim FOR VALUES FROM (0) TO (100);
CREATE TABLE m.aim_2 PARTITION OF m.aim FOR VALUES FROM (100) TO (200);
INSERT INTO m.aim SELECT n, n FROM generate_series(0, 199) AS n;
CREATE TABLE m.arrow (id integer, k integer REFERENCES m.aim (k));
INSERT INTO m.arrow SELECT n, n FROM generate_series(100, 150) AS n;
CREATE TABLE m.aim_new (k integer PRIMARY KEY, v integer, CHECK (k >= 200 AND k < 300));
INSERT INTO m.aim_new SELECT n, n FROM generate_series(200, 299) AS n;

CREATE TABLE m.root (id integer PRIMARY KEY, v integer, w integer);
INSERT INTO m.root SELECT n, n, n FROM generate_series(1, 100) AS n;
CREATE TABLE m.leaf (id integer PRIMARY KEY, root_id integer REFERENCES m.root (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE m.fruit (id integer, leaf_id integer REFERENCES m.leaf (id) ON DELETE SET NULL);
INSERT INTO m.leaf SELECT n, n FROM generate_series(1, 100) AS n;
INSERT INTO m.fruit SELECT n, n FROM generate_series(1, 100) AS n;
INSERT INTO m.viewed SELECT n FROM generate_series(1, 100) AS n;
CREATE VIEW m.root_seen AS SELECT id, v FROM m.root WHERE id > 0;
CREATE VIEW m.root_seen_twice AS SELECT id, v FROM m.root_seen;
CREATE VIEW m.root_joined AS SELECT r.id, s.a FROM m.root AS r JOIN m.viewed AS s ON s.a = r.id;
CREATE VIEW m.root_where AS SELECT id, v FROM m.root WHERE id IN (SELECT a FROM m.viewed);
CREATE MATERIALIZED VIEW m.root_kept AS SELECT id, w FROM m.root;
CREATE VIEW m.root_again AS SELECT id, w FROM m.root_kept;
CREATE FUNCTION m.caught() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER caught INSTEAD OF DELETE ON m.root_joined FOR EACH ROW EXECUTE FUNCTION m.caught();
CREATE VIEW m.ruled AS SELECT a FROM m.typed;
CREATE RULE instead AS ON INSERT TO m.ruled DO INSTEAD DELETE FROM m.root WHERE id = NEW.a;
CREATE TABLE m.heir_of_two (c integer) INHERITS (m.above, m.typed);
`;
