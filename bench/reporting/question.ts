import type { Client } from 'pg'

/** A migration picked at random, and a moment of its life: what a question is about. */
export interface Sample {
  readonly account: string
  readonly migration: string
  readonly company: string
  readonly moment: Date
}

/** What somebody asks for again and again, each time about another sample. */
export interface Question {
  /** What answers: a view, or a list of the API. */
  readonly of: string
  readonly asks: string
  /** Where the same is asked in several ways: this one. */
  readonly as?: string
  /** Tells how many rows came back. */
  readonly ask: (client: Client, sample: Sample) => Promise<number>
}

export async function pickSample(client: Client): Promise<Sample> {
  const { rows } = await client.query<Sample>(
    `with top as (select max(id) as id from landfall.migration)
     select m.account, m.migration_id as migration, m.company_id as company,
       m.first_seen_at + random() * (now() - m.first_seen_at) as moment
     from top cross join lateral (
       select * from landfall.migration where id >= 1 + floor(random() * top.id)::bigint order by id limit 1) m`,
  )
  const [sample] = rows
  if (sample === undefined) throw new Error('There are no migrations to ask about.')
  return sample
}
