//! The schema of the database and its migrations.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// In order; a released migration never changes. `user_version` of SQLite is the number of applied migrations.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_link.sql")];

/// "lnks"; `application_id` of SQLite distinguishes the files of this program from others.
const APPLICATION_ID: i32 = 0x6c6e_6b73;

/// Migrates the database to the current schema, in one transaction. A database of the current schema is only read, because it
/// may be locked by another process or on a read-only volume.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    if is_current(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    for (_, migration) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", current_version())?;
    Ok(transaction.commit()?)
}

/// Whether the database has the current schema.
pub(super) fn is_current(connection: &Connection) -> Result<bool, OpenError> {
    Ok(version(&*connection.unchecked_transaction()?)? == current_version())
}

/// The version of the schema.
fn version(transaction: &Connection) -> Result<i32, OpenError> {
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (found, application) = (number("user_version")?, number("application_id")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign);
    }
    if found > current_version() {
        return Err(OpenError::Newer {
            found,
            known: current_version(),
        });
    }
    Ok(found)
}

/// The version of the current schema.
fn current_version() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    fn user_version(connection: &Connection) -> i32 {
        connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn migrates_an_empty_database() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        assert_eq!(user_version(&connection), current_version());
        connection
            .execute("INSERT INTO link (code, url) VALUES ('a', 'b')", [])
            .unwrap();
    }

    #[test]
    fn keeps_a_current_database() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        connection
            .execute("INSERT INTO link (code, url) VALUES ('a', 'b')", [])
            .unwrap();
        migrate(&mut connection).unwrap();
        let rows: i64 = connection
            .query_row("SELECT count(*) FROM link", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn rejects_a_newer_schema() {
        let mut connection = empty();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
        assert_eq!(user_version(&connection), 99);
    }

    #[test]
    fn rejects_a_foreign_database() {
        let mut connection = empty();
        connection.execute("CREATE TABLE theirs (a)", []).unwrap();
        assert!(matches!(migrate(&mut connection), Err(OpenError::Foreign)));
        assert_eq!(user_version(&connection), 0);
    }
}
