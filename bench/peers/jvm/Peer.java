import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import liquibase.Contexts;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;
import org.flywaydb.core.Flyway;

/** Runs a tool over a folder, with its defaults, and prints how many milliseconds its own work took. */
public final class Peer {
  public static void main(String[] arguments) throws Exception {
    String tool = arguments[0];
    String folder = arguments[1];
    String url = System.getenv("PEER_URL");
    String user = System.getenv("PEER_USER");
    String password = System.getenv("PEER_PASSWORD");
    long started = System.nanoTime();
    if (tool.equals("flyway")) {
      Flyway.configure()
          .dataSource(url, user, password)
          .locations("filesystem:" + folder)
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .load()
          .migrate();
    } else {
      try (Connection connection = DriverManager.getConnection(url, user, password)) {
        var database =
            DatabaseFactory.getInstance()
                .findCorrectDatabaseImplementation(new JdbcConnection(connection));
        var files = new DirectoryResourceAccessor(Path.of(folder));
        new Liquibase("changelog.xml", files, database).update(new Contexts());
      }
    }
    System.out.println("took " + (System.nanoTime() - started) / 1_000_000.0);
  }
}
