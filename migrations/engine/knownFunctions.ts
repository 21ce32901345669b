/**
 * PostgreSQL's own functions that migrations call and that change nothing but what they return (sequences aside).
 * Does NOT list them all: what is missing here counts as unknown, which is said and never a mistake.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** IMMUTABLE or STABLE in every overload, in PostgreSQL 15 and 18: worked out once for all rows of ADD COLUMN. */
const steady = words(`
  abs array_agg array_append array_cat array_dims array_length array_lower array_ndims array_position array_positions
  array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii avg bit_and bit_length
  bit_or bool_and bool_or btrim cardinality cbrt ceil ceiling char_length character_length chr col_description concat
  concat_ws convert_from convert_to corr count cume_dist current_database current_schema current_schemas
  current_setting current_user date_bin date_part date_trunc daterange decode degrees dense_rank div encode enum_first
  enum_last enum_range every exp extract first_value float8 floor format format_type generate_series
  generate_subscripts get_byte has_any_column_privilege has_column_privilege has_database_privilege
  has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege has_type_privilege host
  inet_client_addr initcap int4 int4range int8 int8range isempty isfinite json_agg json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
  json_extract_path json_extract_path_text json_object json_object_agg json_object_keys json_populate_record
  json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_agg jsonb_array_elements
  jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
  jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys
  jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first
  jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record
  jsonb_to_recordset jsonb_typeof justify_days justify_hours justify_interval lag last_value lead left length ln log
  lower lower_inc lower_inf lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5 min
  mod mode now nth_value ntile num_nonnulls num_nulls numrange obj_description octet_length overlay parse_ident
  pg_backend_pid pg_client_encoding pg_column_size pg_encoding_to_char pg_get_constraintdef pg_get_expr
  pg_get_functiondef pg_get_indexdef pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid pg_get_viewdef
  pg_has_role pg_my_temp_schema pg_postmaster_start_time pg_size_pretty pg_stat_get_activity pg_table_is_visible
  pg_type_is_visible pg_typeof pi position power quote_ident quote_literal quote_nullable radians rank regexp_count
  regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
  regexp_substr repeat replace reverse right round row_number row_to_json rpad rtrim session_user sha224 sha256 sha384
  sha512 shobj_description sign split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp
  string_agg string_to_array string_to_table strpos substr substring sum text timezone to_ascii to_char to_date to_hex
  to_json to_jsonb to_number to_regclass to_regnamespace to_regproc to_regprocedure to_regrole to_regtype to_timestamp
  to_tsquery to_tsvector transaction_timestamp translate trim_array trunc tsrange tstzrange txid_current
  txid_current_if_assigned unnest upper upper_inc upper_inf var_pop var_samp variance version width_bucket xmlcomment
`);

/** VOLATILE, and without an effect on any table. */
const fickle = words(`
  clock_timestamp currval gen_random_uuid lastval nextval pg_blocking_pids pg_current_wal_lsn pg_database_size
  pg_indexes_size pg_is_in_recovery pg_relation_size pg_sleep pg_table_size pg_total_relation_size random setseed
  setval timeofday
`);

const steadyNames: ReadonlySet<string> = new Set(steady);
const knownNames: ReadonlySet<string> = new Set([...steady, ...fickle]);

/** Both lists, for the test that asks a server. */
export const listedFunctions = { steady, fickle } as const;

const bareName = (parts: readonly string[]): string | null =>
  parts.length === 1 || (parts.length === 2 && parts[0] === "pg_catalog")
    ? (parts.at(-1) ?? null)
    : null;

/** True for a function of PostgreSQL's own that gives every row of one statement the same value. */
export function isSteady(parts: readonly string[]): boolean {
  const name = bareName(parts);
  return name !== null && steadyNames.has(name);
}

/** True for a function of PostgreSQL's own that changes no table. */
export function isHarmless(parts: readonly string[]): boolean {
  const name = bareName(parts);
  return name !== null && knownNames.has(name);
}
