package org.sjd4j.server.generate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.sjd4j.api.BatchLimits;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.GenerationTask;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.Decoder;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.family.Defaults;
import org.sjd4j.family.ModelDescription;

/** A loaded model, the queue before it, and the thread that generates what is in it. */
public final class ServedModel implements AutoCloseable {
    private static final long SMALL = 500_000_000;
    private static final int LONGEST_PROMPT = 32_000; // characters
    private static final int LONGEST_READ = 2000;
    private static final Duration FOREVER = Duration.ofDays(365);

    private final String id;
    private final Recipe.Parts parts;
    private final TextToImage model;
    private final Defaults defaults;
    private final List<String> examples;
    private final ImageQueue queue;
    private final Metrics untold = Metrics.untold();
    private final BatchLimits limits;
    private final Consumer<Throwable> dead;
    private final Thread generator;
    private final long created = System.currentTimeMillis() / 1000;
    private final CompletableFuture<Boolean> ready = new CompletableFuture<>();
    private final PassLog passes = new PassLog();
    private volatile boolean dying;
    private volatile boolean measured;

    /**
     * A model that is to be served, and from now on belongs to this object.
     *
     * @param id what requests call it
     * @param parts of it that the user chose, for recipes
     * @param defaults of requests
     * @param examples prompts that it knows
     * @param queue images that may wait
     * @param dead called when the generating thread cannot go on, such as for lack of memory
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
        this.queue = new ImageQueue(queue, passes, this::measuring);
        this.limits = limits;
        this.dead = dead;
        generator = Thread.ofPlatform().name("sjd4j-generate-" + id).daemon().unstarted(this::generate);
    }

    private void generate() {
        try {
            model.generateTogether(queue, limits);
        } catch (Throwable e) {
            dying = true;
            if (!queue.ended()) {
                dead.accept(e);
            }
        }
    }

    /** Begins to generate: a first image. */
    public void start() {
        generator.start();
        var request = first(defaults.decoder());
        var first = new CompletableFuture<GeneratedImage>();
        queue.restore(List.of(new Ticket("", request, FOREVER, new Result(first), untold)));
        var _ = first.whenComplete((_, failure) -> {
            if (failure == null) {
                ready.complete(true);
            } else {
                dead.accept(failure);
            }
        });
    }

    private Request first(Decoder decoder) {
        String prompt = examples.isEmpty() ? "a red apple" : examples.getFirst();
        return new Request(prompt, 0, decoder, defaults.settings(), defaults.sampling());
    }

    /**
     * Steps of autoregression while nothing else is to do, until it is known how long one takes. They warm the process up, too. As soon as a
     * image joins they are given up, and go on when there is time again.
     */
    private Optional<GenerationTask> measuring() {
        if (!ready() || measured || autoregressionStep(defaults.sampling()).isPresent()) {
            return Optional.empty();
        }
        BooleanSupplier goesOn = () -> {
            measured = autoregressionStep(defaults.sampling()).isPresent();
            return !measured && !passes.shared();
        };
        return Optional.of(Steps.ticket(first(Decoders.AR), untold, goesOn, () -> measured = true));
    }

    /** Whether a first image was made. */
    public boolean ready() {
        return ready.isDone() && !dying;
    }

    /** Runs work as soon as the model is ready; at once if it is. */
    public void whenReady(Runnable work) {
        var _ = ready.thenRun(work);
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
        return isLarge(model.description()) ? LONGEST_READ : LONGEST_PROMPT;
    }

    /** Whether a model is so large that an image takes gigabytes and minutes on a CPU. */
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

    /** The images that wait. */
    public ImageQueue queue() {
        return queue;
    }

    private OptionalDouble autoregressionStep(Sampling sampling) {
        return passes.seconds(sampling.guided() ? 2 : 1);
    }

    /** Seconds that an image that nothing more is asked of would take token by token, if that is known now, see {@link PassLog}. */
    public OptionalDouble autoregressionSeconds() {
        var step = autoregressionStep(defaults.sampling());
        return step.isPresent() ? OptionalDouble.of(step.getAsDouble() * model.imageTokens()) : step;
    }

    /**
     * Seconds that an image would have taken token by token, if that is known now: its prompt and its pixels take what they took.
     *
     * @param image that had its passes for itself, as what is compared with it
     */
    public OptionalDouble autoregressionSeconds(Request request, GeneratedImage image) {
        measured = false; // what is known now may be old when the next one is finished
        var step = autoregressionStep(request.sampling());
        double rest = image.timing().prefill() + image.timing().imageDecode();
        return step.isPresent() ? OptionalDouble.of(rest + step.getAsDouble() * image.tokens().length) : step;
    }

    /** Whether several images were in the making at the latest pass. */
    public boolean sharesPasses() {
        return passes.shared();
    }

    /** What an image's file says about how it was made. */
    public Recipe recipe(Request request) {
        return new Recipe(id, parts, model.precision(), request);
    }

    /**
     * Takes no more work, gives up what waits, and waits for what is being generated.
     *
     * @param patience after which images that are not finished are given up
     */
    public void drain(Duration patience) throws InterruptedException {
        queue.close();
        if (generator.isAlive() && !generator.join(patience)) {
            generator.interrupt();
            generator.join();
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
