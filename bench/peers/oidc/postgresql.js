// What oidc-provider keeps, in one table of PostgreSQL.
import pg from 'pg';

const TABLE = `
CREATE TABLE IF NOT EXISTS oidc_model (
    model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, expires_at timestamptz,
    grant_id text, uid text, user_code text, consumed_at timestamptz, PRIMARY KEY (id, model)
)`;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });

// Named statements are prepared once in each connection.
const query = (name, text, values) => pool.query({ name, text, values });

export const createTable = () => pool.query(TABLE);

export class PostgresqlAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
    await query(
      'upsert',
      `INSERT INTO oidc_model (model, id, payload, expires_at, grant_id, uid, user_code)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (id, model) DO UPDATE SET payload = $3, expires_at = $4`,
      [this.model, id, payload, expiresAt, payload.grantId, payload.uid, payload.userCode],
    );
  }

  find(id) {
    return this.one('id', id);
  }

  findByUid(uid) {
    return this.one('uid', uid);
  }

  findByUserCode(userCode) {
    return this.one('user_code', userCode);
  }

  async one(column, value) {
    const { rows } = await query(
      `find-${column}`,
      `SELECT payload, consumed_at FROM oidc_model
       WHERE model = $1 AND ${column} = $2 AND (expires_at IS NULL OR expires_at > now())`,
      [this.model, value],
    );
    if (!rows.length) return undefined;
    return { ...rows[0].payload, ...(rows[0].consumed_at && { consumed: true }) };
  }

  consume(id) {
    return query('consume', 'UPDATE oidc_model SET consumed_at = now() WHERE model = $1 AND id = $2', [
      this.model,
      id,
    ]);
  }

  destroy(id) {
    return query('destroy', 'DELETE FROM oidc_model WHERE model = $1 AND id = $2', [this.model, id]);
  }

  revokeByGrantId(grantId) {
    return query('revoke', 'DELETE FROM oidc_model WHERE model = $1 AND grant_id = $2', [this.model, grantId]);
  }
}
