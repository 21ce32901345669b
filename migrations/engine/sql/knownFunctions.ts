/**
 * PostgreSQL's own functions that migrations call and that change nothing but what they return (sequences aside).
 * Does NOT list them all: what is missing here counts as unknown, which is said and never a mistake.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** IMMUTABLE or STABLE in every overload, in PostgreSQL 15 and 18: worked out once for all rows of ADD COLUMN. */
const steady = words(`
  abs acldefault aclexplode acos acosh age area array_agg array_append array_cat array_dims array_fill array_length
  array_lower array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json
  array_to_string array_to_tsvector array_upper ascii asin asinh atan atan2 atanh avg bit bit_and bit_count bit_length
  bit_or bit_xor bool bool_and bool_or box bpchar broadcast btrim cardinality cbrt ceil ceiling center char
  char_length character_length chr circle col_description concat concat_ws convert convert_from convert_to corr cos
  cosh cot count covar_pop covar_samp cume_dist current_database current_schema current_schemas current_setting
  current_user date date_bin date_part date_trunc datemultirange daterange decode degrees dense_rank diameter div
  encode enum_first enum_last enum_range every exp extract factorial family first_value float4 float8 floor format
  format_type gcd generate_series generate_subscripts get_bit get_byte get_current_ts_config getdatabaseencoding
  has_any_column_privilege has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege
  has_function_privilege has_language_privilege has_parameter_privilege has_schema_privilege has_sequence_privilege
  has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege hashint4 hashint8 hashtext
  hashtextextended height host hostmask inet_client_addr inet_client_port inet_merge inet_same_family inet_server_addr
  inet_server_port initcap int2 int4 int4multirange int4range int8 int8multirange int8range interval is_normalized
  isclosed isempty isfinite ishorizontal isopen isparallel isperp isvertical json_agg json_array_element
  json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each
  json_each_text json_extract_path json_extract_path_text json_object json_object_agg json_object_keys
  json_populate_record json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_to_tsvector
  json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
  jsonb_build_object jsonb_concat jsonb_contains jsonb_delete jsonb_delete_path jsonb_each jsonb_each_text
  jsonb_exists jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
  jsonb_object_field jsonb_object_field_text jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match
  jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first
  jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set
  jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof justify_days
  justify_hours justify_interval lag last_value lcm lead left length like like_escape line ln log log10 lower
  lower_inc lower_inf lpad lseg ltrim make_date make_interval make_time make_timestamp make_timestamptz makeaclitem
  masklen max md5 min min_scale mod mode money multirange name netmask network normalize notlike now npoints nth_value
  ntile num_nonnulls num_nulls numeric nummultirange numnode numrange obj_description octet_length oid overlaps
  overlay parse_ident path pclose percent_rank percentile_cont percentile_disc pg_backend_pid pg_char_to_encoding
  pg_client_encoding pg_collation_for pg_collation_is_visible pg_column_compression pg_column_size pg_conf_load_time
  pg_conversion_is_visible pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned pg_describe_object
  pg_encoding_max_length pg_encoding_to_char pg_filenode_relation pg_function_is_visible pg_get_constraintdef
  pg_get_expr pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments
  pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef pg_get_keywords
  pg_get_object_address pg_get_partition_constraintdef pg_get_partkeydef pg_get_replica_identity_index pg_get_ruledef
  pg_get_serial_sequence pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role
  pg_identify_object pg_identify_object_as_address pg_index_column_has_property pg_index_has_property
  pg_indexam_has_property pg_is_other_temp_schema pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible
  pg_opfamily_is_visible pg_options_to_table pg_partition_root pg_postmaster_start_time pg_relation_filenode
  pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable pg_sequence_parameters
  pg_settings_get_flags pg_size_bytes pg_size_pretty pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin
  pg_stat_get_activity pg_statistics_obj_is_visible pg_table_is_visible pg_trigger_depth pg_ts_config_is_visible
  pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_typeof
  pg_visible_in_snapshot phraseto_tsquery pi plainto_tsquery point polygon popen position power querytree quote_ident
  quote_literal quote_nullable radians radius range_agg range_intersect_agg range_merge rank regexp_count regexp_instr
  regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
  regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse
  right round row_number row_security_active row_to_json rpad rtrim scale session_user set_bit set_byte set_masklen
  setweight sha224 sha256 sha384 sha512 shobj_description sign similar_escape similar_to_escape sin sinh slope
  split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array
  string_to_table strip strpos substr substring sum tan tanh text time timestamp timestamptz timetz timezone to_ascii
  to_char to_date to_hex to_json to_jsonb to_number to_regclass to_regnamespace to_regproc to_regprocedure to_regrole
  to_regtype to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim_array trim_scale trunc ts_debug
  ts_delete ts_filter ts_headline ts_lexize ts_match_vq ts_parse ts_rank ts_rank_cd ts_token_type tsmultirange
  tsquery_phrase tsrange tstzmultirange tstzrange tsvector_concat tsvector_to_array txid_current
  txid_current_if_assigned txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin
  txid_visible_in_snapshot unistr unnest upper upper_inc upper_inf var_pop var_samp varbit varchar variance version
  websearch_to_tsquery width width_bucket xml xml_is_well_formed xml_is_well_formed_content
  xml_is_well_formed_document xmlagg xmlcomment xmlconcat2 xmlexists xmlvalidate xpath xpath_exists
`);

/**
 * VOLATILE, and without an effect on any table. set_config is judged by what it sets (see roleChange). Not pg_sleep:
 * it changes nothing, and holds the locks of its transaction for as long as it likes.
 */
const fickle = words(`
  clock_timestamp current_query currval gen_random_uuid lastval lo_get nextval pg_blocking_pids
  pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_size pg_indexes_size pg_is_in_recovery
  pg_last_xact_replay_timestamp pg_lock_status pg_notify pg_partition_ancestors pg_partition_tree pg_relation_size
  pg_sequence_last_value pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_status random set_config
  setseed setval timeofday txid_status
`);

/** Where the stack puts extensions; no migration may make a function there. */
const extensionSchemas: ReadonlySet<string> = new Set(["public", "extensions", "postgis"]);

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

/**
 * Functions of extensions that only compute: PostGIS keeps ST_ for them (what alters tables there has other names),
 * uuid-ossp, pgcrypto and pg_trgm have little else.
 */
const computing =
  /^(st_\w+|uuid_generate_v\w+|gen_random_bytes|gen_salt|crypt|digest|hmac|similarity|unaccent)$/;

/** True for a function that changes no table: PostgreSQL's own, or an extension's outside the governed schemas. */
export function isHarmless(parts: readonly string[]): boolean {
  const name = bareName(parts);
  if (name !== null && knownNames.has(name)) return true;
  const isExtensions = parts.length === 1 || extensionSchemas.has(parts[0] ?? "");
  return isExtensions && computing.test(parts.at(-1) ?? "");
}
