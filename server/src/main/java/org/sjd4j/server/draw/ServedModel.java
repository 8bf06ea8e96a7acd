package org.sjd4j.server.draw;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.sjd4j.decode.Decoders;
import org.sjd4j.pipeline.BatchLimits;
import org.sjd4j.pipeline.Defaults;
import org.sjd4j.pipeline.GeneratedPicture;
import org.sjd4j.pipeline.ModelDescription;
import org.sjd4j.pipeline.PictureTask;
import org.sjd4j.pipeline.Recipe;
import org.sjd4j.pipeline.Request;
import org.sjd4j.pipeline.TextToImage;

/** A loaded model, the queue before it, and the thread that draws what is in it. */
public final class ServedModel implements AutoCloseable {
    private static final int WARM_UP_STEPS = 40;
    private static final long SMALL = 500_000_000;
    private static final int LONGEST_READ = 2000;
    private static final Duration FOREVER = Duration.ofDays(365);

    private final String id;
    private final Recipe.Parts parts;
    private final TextToImage model;
    private final Defaults defaults;
    private final List<String> examples;
    private final PictureQueue queue;
    private final Metrics untold = Metrics.untold();
    private final BatchLimits limits;
    private final Consumer<Throwable> dead;
    private final Thread drawer;
    private final long created = System.currentTimeMillis() / 1000;
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
    private volatile boolean dying;
    private volatile boolean readsNoise;
    private volatile double autoregressionSeconds = Double.NaN;

    /**
     * A model that is to be served, and from now on belongs to this object.
     *
     * @param id what requests call it
     * @param parts of it that the user chose, for recipes
     * @param defaults of requests
     * @param examples prompts that it knows
     * @param queue pictures that may wait
     * @param dead called when the drawing thread cannot go on, such as for lack of memory
     */
    public ServedModel(
            String id,
            Recipe.Parts parts,
            TextToImage model,
            Defaults defaults,
            List<String> examples,
            int queue,
            BatchLimits limits,
            Consumer<Throwable> dead) {
        this.id = id;
        this.parts = parts;
        this.model = model;
        this.defaults = defaults;
        this.examples = List.copyOf(examples);
        this.queue = new PictureQueue(queue);
        this.limits = limits;
        this.dead = dead;
        drawer = Thread.ofPlatform().name("sjd4j-draw-" + id).daemon().unstarted(this::draw);
    }

    private void draw() {
        try {
            model.drawTogether(queue, limits);
        } catch (Throwable e) {
            dying = true;
            if (!queue.ended()) {
                dead.accept(e);
            }
        }
    }

    /**
     * Begins to draw: a first picture, and then, when everything is warm, a few steps of autoregression, to see how long a
     * picture would take by it.
     */
    public void start() {
        drawer.start();
        String prompt = examples.isEmpty() ? "a red apple" : examples.getFirst();
        var request = new Request(prompt, 0, defaults.decoder(), defaults.settings(), defaults.sampling());
        var noisy = request.withDecoder(Decoders.SJD2_EXACT, defaults.settings().withDenoisingSteps(1));
        queue.restore(List.of(begin(noisy, 1, _ -> readsNoise = true, _ -> {})));
        var first = new CompletableFuture<GeneratedPicture>();
        queue.restore(List.of(new Ticket("", request, FOREVER, new Result(first), untold)));
        var _ = first.whenComplete((_, failure) -> {
            if (failure != null) {
                dead.accept(failure);
                return;
            }
            queue.restore(List.of(begin(
                    request.withDecoder(Decoders.AR, defaults.settings()),
                    WARM_UP_STEPS,
                    seconds -> {
                        autoregressionSeconds = seconds;
                        ready.complete(true);
                    },
                    dead)));
        });
    }

    /**
     * The first steps of a picture.
     *
     * @param heard is told the seconds that a whole picture would take, as the second half of the steps has it
     */
    private Ticket begin(Request request, int steps, DoubleConsumer heard, Consumer<Throwable> failed) {
        var itself = new CompletableFuture<Ticket>();
        var listener = new DrawingListener() {
            private long begin;

            @Override
            public void started() {
                begin = System.nanoTime();
            }

            @Override
            public void stepped(int step, int accepted, int all, PictureTask.Preview preview) {
                if (step == steps / 2) {
                    begin = System.nanoTime();
                }
                if (step == steps) {
                    heard.accept((System.nanoTime() - begin) / 1e9 / (steps - steps / 2) * all);
                    itself.join().cancel();
                }
            }

            @Override
            public void finished(GeneratedPicture picture) {
                heard.accept(picture.timing().total()); // a picture of fewer steps than that
            }

            @Override
            public void failed(Throwable reason) {
                failed.accept(reason);
            }

            @Override
            public void left(Leaving why) {}
        };
        var ticket = new Ticket("", request, FOREVER, listener, untold);
        itself.complete(ticket);
        return ticket;
    }

    /** Whether a first picture was made. */
    public boolean ready() {
        return ready.isDone() && !dying;
    }

    /** Runs work as soon as the model is ready; at once if it is. */
    public void whenReady(Runnable work) {
        var _ = ready.thenRun(work);
    }

    /** Whether decoders that begin with noise are possible. */
    public boolean readsNoise() {
        return readsNoise;
    }

    /** What requests call it. */
    public String id() {
        return id;
    }

    /** Seconds since 1970 of its loading. */
    public long created() {
        return created;
    }

    /**
     * Characters that a prompt may have: small models leave out what they have no room for; large ones read everything, and
     * everybody waits meanwhile.
     */
    public int longestPrompt() {
        return isLarge(model.description()) ? LONGEST_READ : RequestFields.LONGEST_PROMPT;
    }

    /** Whether a model is so large that a picture takes gigabytes and minutes on a processor. */
    private static boolean isLarge(ModelDescription description) {
        return description.parameters() > SMALL;
    }

    /** The model itself: for its sizes and how it reads prompts. */
    public TextToImage model() {
        return model;
    }

    /** What requests leave open. */
    public Defaults defaults() {
        return defaults;
    }

    /** Prompts that it knows. */
    public List<String> examples() {
        return examples;
    }

    /** The pictures that wait. */
    public PictureQueue queue() {
        return queue;
    }

    /** Seconds that one picture would take token by token, as far as it is known. */
    public OptionalDouble autoregressionSeconds() {
        double seconds = autoregressionSeconds;
        return Double.isNaN(seconds) ? OptionalDouble.empty() : OptionalDouble.of(seconds);
    }

    /** What a picture's file says about how it was made. */
    public Recipe recipe(Request request) {
        return new Recipe(id, parts, model.precision(), request);
    }

    /**
     * Takes no more work, gives up what waits, and waits for what is being drawn.
     *
     * @param patience after which pictures that are not finished are given up
     */
    public void drain(Duration patience) throws InterruptedException {
        queue.close();
        if (drawer.isAlive() && !drawer.join(patience)) {
            drawer.interrupt();
            drawer.join();
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
