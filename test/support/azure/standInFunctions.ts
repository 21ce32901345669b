/**
 * STAND-INS for the functions that Azure Database for PostgreSQL keeps in its database `postgres`: same names, same
 * signatures, same labels in pg_shseclabel, written from Microsoft's documentation. They are not Azure's code.
 * Do NOT use them outside of tests. They differ: a role made here is made by the functions' owner, so who holds ADMIN on
 * it may differ; no object id is looked up in a tenant; no login is checked against a token.
 */
import type { Client } from "pg";

import type { LabelWriter } from "../../../azure/database/principals";

/** Roles that may call them, as on Azure only administrators of Entra may. */
const administrators = "azure_pg_admin";

const create = `
CREATE ROLE ${administrators} NOLOGIN;

CREATE FUNCTION pg_catalog.stand_in_write_label(role_name TEXT, label_text TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF NOT pg_has_role(session_user, '${administrators}', 'MEMBER') THEN
    RAISE EXCEPTION 'permission denied: only members of ${administrators} may do this' USING ERRCODE = '42501';
  END IF;
  DELETE FROM pg_shseclabel
  WHERE objoid = quote_ident(role_name)::regrole AND classoid = 'pg_authid'::regclass AND provider = 'pgaadauth';
  IF label_text IS NOT NULL THEN
    INSERT INTO pg_shseclabel (objoid, classoid, provider, label)
    VALUES (quote_ident(role_name)::regrole, 'pg_authid'::regclass, 'pgaadauth', label_text);
  END IF;
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_create_principal_with_oid(
  roleName TEXT, objectId TEXT, objectType TEXT, isAdmin BOOLEAN, isMfa BOOLEAN) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
  IF objectType NOT IN ('user', 'group', 'service') THEN
    RAISE EXCEPTION 'incorrect object type provided for principal, given %', objectType USING ERRCODE = 'XX000';
  END IF;
  IF NOT pg_has_role(session_user, '${administrators}', 'MEMBER') THEN
    RAISE EXCEPTION 'permission denied to create role' USING ERRCODE = '42501';
  END IF;
  EXECUTE format('CREATE ROLE %I LOGIN', roleName);
  EXECUTE format('GRANT %I TO %I WITH ADMIN OPTION', roleName, session_user);
  PERFORM stand_in_write_label(roleName, 'aadauth,oid=' || objectId || ',type=' || objectType
    || CASE WHEN isAdmin THEN ',admin' ELSE '' END || CASE WHEN isMfa THEN ',mfa' ELSE '' END);
  RETURN format('Created role for %s', roleName);
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_list_principals(isAdminValue BOOLEAN)
RETURNS TABLE (rolename NAME, principalType TEXT, objectId TEXT, tenantId TEXT, isMfa INTEGER, isAdmin INTEGER)
LANGUAGE sql SET search_path = pg_catalog AS $$
  SELECT r.rolname, substring(l.label FROM 'type=([a-z]+)'), substring(l.label FROM 'oid=([^,]+)'), '',
    (l.label LIKE '%,mfa%')::INTEGER, (l.label LIKE '%,admin%')::INTEGER
  FROM pg_roles AS r JOIN pg_shseclabel AS l ON l.objoid = r.oid AND l.provider = 'pgaadauth'
  WHERE NOT isAdminValue OR l.label LIKE '%,admin%'
$$;`;

/** Makes them, as the superuser, in the database `postgres`. */
export async function makeStandIns(superuser: Client): Promise<void> {
  await superuser.query(create);
}

/** Lets a login call them. */
export const admitTo = (login: string): string => `GRANT ${administrators} TO "${login}"`;

/** Writes labels through the stand-in: the statement itself needs Azure's library in the server. */
export const standInLabel: LabelWriter = async (client, role, label) => {
  await client.query("SELECT pg_catalog.stand_in_write_label($1, $2)", [role, label]);
};
