package org.sjd4j.server.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.tensor.Precision;

/**
 * Several stores on one database: H2 as it is embedded and in PostgreSQL's mode, and with {@code -Dsjd4j.postgres=JDBC} a real
 * PostgreSQL, whose table of jobs these tests empty.
 */
class JobStoreTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration NOW = Duration.ZERO;

    static Stream<String> databases() {
        String h2 = "jdbc:h2:mem:%s%s;DB_CLOSE_DELAY=-1";
        var id = UUID.randomUUID();
        var databases =
                Stream.of(h2.formatted("a", id), h2.formatted("b", id) + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE");
        String postgres = System.getProperty("sjd4j.postgres");
        return postgres == null ? databases : Stream.concat(databases, Stream.of(postgres));
    }

    private static JobStore open(String database, Duration lease) {
        var store = JobStore.open(database, lease);
        store.list(null, null, null, 1000).forEach(job -> store.remove(job.id()));
        return store;
    }

    private static List<Job> jobs(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Job.queued(
                        String.format(Locale.ROOT, "%024x", i),
                        "client",
                        i,
                        new Recipe(
                                "tiny",
                                Precision.FLOAT32,
                                new Request("red apple", i, Decoders.AR, DecoderSettings.DEFAULT, Sampling.PLAIN)),
                        null))
                .toList();
    }

    private static Job.Result result(String hash) {
        return new Job.Result(1, 16, 16, 0.1, 16, null, hash, List.of());
    }

    @ParameterizedTest
    @MethodSource("databases")
    void eachJobIsClaimedByOneOfThoseThatAskAtOnce(String database) throws Exception {
        try (var first = open(database, LONG);
                var second = JobStore.open(database, LONG);
                var threads = Executors.newFixedThreadPool(6)) {
            var jobs = jobs(60);
            first.add(jobs);
            first.release();
            var claims = new ArrayList<Future<List<String>>>();
            for (var store : List.of(first, second, first, second, first, second)) {
                Callable<List<String>> claim = () -> {
                    var claimed = new ArrayList<String>();
                    for (int empty = 0; empty < 3; ) { // what another one has locked is skipped, not waited for
                        var few = new AtomicInteger(4);
                        var some = store.claim(NOW, job -> few.getAndDecrement() > 0);
                        some.forEach(job -> claimed.add(job.id()));
                        empty = some.isEmpty() ? empty + 1 : 0;
                        if (some.isEmpty()) {
                            Thread.sleep(20);
                        }
                    }
                    return claimed;
                };
                claims.add(threads.submit(claim));
            }
            var all = new ArrayList<String>();
            for (var claim : claims) {
                all.addAll(claim.get());
            }
            assertThat(all)
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(
                            jobs.stream().map(Job::id).toList());
        }
    }

    @ParameterizedTest
    @MethodSource("databases")
    void aLeaseKeepsOthersAwayUntilItEnds(String database) {
        try (var slow = open(database, NOW);
                var quick = JobStore.open(database, LONG);
                var third = JobStore.open(database, LONG)) {
            var job = jobs(1).getFirst();
            slow.add(List.of(job));
            assertThat(quick.claim(LONG, _ -> true))
                    .as("its lease ended just now")
                    .isEmpty();
            assertThat(quick.claim(NOW, _ -> true)).hasSize(1);
            assertThat(third.claim(NOW, _ -> true)).isEmpty();
            assertThat(slow.renew()).as("it is not its own any more").isEmpty();
            slow.finish(job.id(), result("slow"));
            slow.giveUp(job.id(), Job.State.FAILED, "slow", 3);
            assertThat(quick.find(job.id()).orElseThrow().state()).isEqualTo(Job.State.QUEUED);
            assertThat(quick.renew()).containsExactly(job.id());
            quick.finish(job.id(), result("quick"));
            var ended = third.find(job.id()).orElseThrow();
            assertThat(ended.state()).isEqualTo(Job.State.FINISHED);
            assertThat(ended.result()).isEqualTo(result("quick"));
            assertThat(quick.renew()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("databases")
    void whoeverCancelsTheOwnerHearsOfIt(String database) {
        try (var owner = open(database, LONG);
                var other = JobStore.open(database, LONG)) {
            owner.add(jobs(2));
            other.cancel(jobs(1).getFirst().id());
            assertThat(owner.renew()).containsExactly(jobs(2).getLast().id());
            owner.giveUp(jobs(2).getLast().id(), Job.State.CANCELLED, null, 5);
            var given = other.find(jobs(2).getLast().id()).orElseThrow();
            assertThat(given.state()).isEqualTo(Job.State.CANCELLED);
            assertThat(given.steps()).isEqualTo(5);
        }
    }

    /** A table of a version that knew neither owners nor deadlines. */
    @Test
    void olderTablesAreExtended() throws Exception {
        String database = databases().findFirst().orElseThrow();
        try (var connection = DriverManager.getConnection(database);
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE sjd_jobs (id VARCHAR(40) PRIMARY KEY, client VARCHAR(200) NOT NULL,"
                    + " created BIGINT NOT NULL, ended BIGINT, state VARCHAR(12) NOT NULL, prompt VARCHAR(32000) NOT NULL,"
                    + " recipe TEXT NOT NULL, result TEXT, error VARCHAR(500), attempts INT DEFAULT 0 NOT NULL)");
            statement.execute("INSERT INTO sjd_jobs (id, client, created, state, prompt, recipe) VALUES ('0a', 'c', 1,"
                    + " 'queued', 'p', '{\"prompt\":\"p\",\"negative_prompt\":\"\",\"model\":\"m\",\"dtype\":\"float32\",\"seed\":\"1\","
                    + "\"decoder\":\"ar\",\"window\":\"4\",\"initialisation\":\"above\",\"denoising_steps\":\"0\",\"entry_level\":\"all\","
                    + "\"guided_rows\":\"all\",\"row_cleaning_threshold\":\"0.0\",\"guidance_scale\":\"1\",\"temperature\":\"1\","
                    + "\"top_k\":\"0\",\"top_p\":\"1\"}')");
        }
        try (var store = JobStore.open(database, LONG)) {
            assertThat(store.claim(NOW, _ -> true)).hasSize(1);
        }
        try (var connection = DriverManager.getConnection(database);
                var statement = connection.createStatement();
                var versions = statement.executeQuery("SELECT MAX(version) FROM sjd_schema")) {
            assertThat(versions.next()).isTrue();
            assertThat(versions.getInt(1)).isEqualTo(2);
        }
    }

    /** PostgreSQL alone, if it is there: one server opens an embedded H2. */
    static Stream<String> shared() {
        return Stream.ofNullable(System.getProperty("sjd4j.postgres"));
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("shared")
    void serversThatStartAtOnceMakeTheTablesOnce(String database) throws Exception {
        try (var connection = DriverManager.getConnection(database);
                var statement = connection.createStatement();
                var threads = Executors.newFixedThreadPool(4)) {
            statement.execute("DROP TABLE IF EXISTS sjd_jobs, sjd_schema");
            Callable<List<Job>> start = () -> {
                try (var store = JobStore.open(database, LONG)) {
                    return store.list(null, null, null, 10);
                }
            };
            for (var jobs : threads.invokeAll(List.of(start, start, start, start))) {
                assertThat(jobs.get()).isEmpty();
            }
            var versions = statement.executeQuery("SELECT COUNT(*) FROM sjd_schema");
            assertThat(versions.next()).isTrue();
            assertThat(versions.getInt(1)).isEqualTo(2);
        }
    }
}
