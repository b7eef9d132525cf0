// What oidc-provider keeps, in the memory of the process. Its own adapter for memory forgets all but the last thousand
// entries; this one keeps each until it expires, as a store that tokens are checked in has to.
const kept = new Map();

export class MemoryAdapter {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload, expiresIn) {
    kept.set(`${this.model}:${id}`, { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
  }

  async find(id) {
    const entry = kept.get(`${this.model}:${id}`);
    return entry && entry.expiresAt > Date.now() ? entry.payload : undefined;
  }

  async consume(id) {
    kept.get(`${this.model}:${id}`).payload.consumed = true;
  }

  async destroy(id) {
    kept.delete(`${this.model}:${id}`);
  }

  // Client credentials have no grant, no session and no user code: these are never called with one that is there.
  async findByUid() {}

  async findByUserCode() {}

  async revokeByGrantId() {}
}
