package org.sjd4j.evaluation.run;

import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.GeneratedImage;
import org.sjd4j.api.PngFile;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.StepObserver;
import org.sjd4j.decode.sampling.DecodingException;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Table;
import org.sjd4j.image.ImageFileException;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.io.AtomicFile;

/**
 * Generates the images of an {@link EvaluationPlan} into a directory, and goes on where it was when it is opened again. The
 * same plan gives the same images and the same lines, but for times and memory, however often it was stopped.
 */
public final class Evaluation implements AutoCloseable {
    /** The directory of what metrics found, below that of the evaluation. */
    public static final String METRICS = EvaluationFiles.METRICS;

    private final EvaluationFiles files;
    private final SequencedMap<String, String> identity;
    private final EvaluationPlan asked;
    private final boolean anew;
    private EvaluationFiles.@Nullable Description begun;
    private final List<ImageRecord> images = new ArrayList<>();

    private Evaluation(
            EvaluationFiles files, EvaluationPlan asked, SequencedMap<String, String> identity, boolean anew) {
        this.files = files;
        this.asked = asked;
        this.identity = identity;
        this.anew = anew;
    }

    /** Makes images: a loaded model. */
    public interface Generator {
        /** Makes one. */
        GeneratedImage generate(Request request, StepObserver observer);

        /** What its file is to say about how it was made. */
        Recipe recipe(Request request);
    }

    /** Hears of progress. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called after each image.
         *
         * @param done images so far, those of earlier processes included
         * @param all images in all
         * @param secondsLeft as far as one can tell
         */
        void generated(int done, int all, double secondsLeft);
    }

    /**
     * Opens a directory, or begins in it.
     *
     * @param identity everything that the images depend on besides the plan
     * @param anew whether to delete what another evaluation left there, as soon as the first image of this one could be generated
     * @throws EvaluationException if the directory holds another evaluation or other things, or is in use
     */
    public static Evaluation open(
            Path directory, EvaluationPlan plan, SequencedMap<String, String> identity, boolean anew) {
        var files = EvaluationFiles.open(directory);
        try {
            var evaluation = new Evaluation(files, plan, PlanIdentity.of(plan, identity), anew);
            if (!anew) {
                evaluation.resume();
            }
            return evaluation;
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    private void resume() {
        begun = files.description();
        if (begun != null) {
            files.requireSame(begun.identity(), identity);
            var plan = plan();
            images.addAll(files.finished(plan, plan.items()));
        }
    }

    /** What is evaluated: the plan that was asked for, without the decoders that the model cannot run, once they are known. */
    public EvaluationPlan plan() {
        var possible = new LinkedHashSet<>(asked.choices());
        possible.removeIf(choice -> leftOut().containsKey(choice.label()));
        return asked.only(possible);
    }

    /** Decoders that the model cannot run, with the reason, by label; nothing is known before the first image. */
    public SequencedMap<String, String> leftOut() {
        return begun == null ? new LinkedHashMap<>() : begun.leftOut();
    }

    /** Whether all images are there. */
    public boolean complete() {
        return begun != null
                && images.size() == plan().items().size()
                && missing().isEmpty();
    }

    /** Where images were that have been generated, but are gone. */
    private List<Integer> missing() {
        return IntStream.range(0, images.size())
                .filter(i -> !Files.isRegularFile(file(images.get(i))))
                .boxed()
                .toList();
    }

    /** The images that are there, in the plan's order. */
    public List<ImageRecord> images() {
        return Collections.unmodifiableList(images);
    }

    /** The images of one decoder that are there, in the plan's order. */
    public List<ImageRecord> images(DecoderChoice choice) {
        return images.stream()
                .filter(image -> image.decoder().equals(choice.label()))
                .toList();
    }

    /**
     * An image's pixels.
     *
     * @throws EvaluationException if its file cannot be read
     */
    public BufferedImage image(ImageRecord image) {
        return read(file(image));
    }

    /**
     * The pixels of an image's file.
     *
     * @throws EvaluationException if it cannot be read; the message names it
     */
    public static BufferedImage read(Path file) {
        try {
            return ImageFiles.read(file);
        } catch (ImageFileException e) {
            throw new EvaluationException(e.getMessage() + ", or delete it", e);
        }
    }

    /** Hands over every image that is there with its tokens, in the plan's order. */
    public void lines(Consumer<ImageLine> consumer) {
        if (images.isEmpty()) {
            return;
        }
        try (var tokens = files.tokens(0)) {
            var next = tokens.iterator();
            images.forEach(image -> consumer.accept(new ImageLine(image, next.next())));
        }
    }

    /** Where an image's file is. */
    public Path file(ImageRecord image) {
        return files.image(image.file());
    }

    /** A file or directory of the run, for what is made of the images. */
    public Path path(String name) {
        return files.path(name);
    }

    /**
     * Generates what is missing. Before anything counts, every decoder makes one image, which warms the machine up. An image whose
     * file is gone is generated again, and its line stays.
     *
     * @throws DecodingException if not even autoregression is possible
     */
    public void generate(Generator generator, Listener listener) {
        warmUp(generator);
        var plan = plan();
        var items = plan.items();
        for (int i : missing()) {
            var request = request(plan, items.get(i));
            write(items.get(i), generator.generate(request, StepObserver.NONE), generator.recipe(request));
        }
        int resumedAt = images.size();
        int decoders = plan.choices().size();
        int[] baseline = resumedAt % decoders == 0 ? new int[0] : tokens(resumedAt - resumedAt % decoders);
        long begin = System.nanoTime();
        for (int i = resumedAt; i < items.size(); i++) {
            baseline = generate(generator, plan, items.get(i), baseline);
            double each = (System.nanoTime() - begin) / 1e9 / (i + 1 - resumedAt);
            listener.generated(i + 1, items.size(), each * (items.size() - i - 1));
        }
    }

    private int[] tokens(int index) {
        try (var tokens = files.tokens(index)) {
            return tokens.findFirst().orElseThrow();
        }
    }

    private void warmUp(Generator generator) {
        var leftOut = new LinkedHashMap<String, String>();
        var first = asked.items().getFirst();
        for (DecoderChoice choice : asked.choices()) {
            try {
                var item = new EvaluationPlan.Item(first.prompt(), first.image(), first.seed(), choice);
                var _ = generator.generate(request(asked, item), StepObserver.NONE);
            } catch (DecodingException e) {
                if (choice.isBaseline()) {
                    throw e;
                }
                leftOut.put(choice.label(), String.valueOf(e.getMessage()));
            }
        }
        if (begun == null) {
            if (anew) {
                files.clear();
            }
            begun = new EvaluationFiles.Description(identity, leftOut);
            files.describe(begun);
        }
    }

    private static Request request(EvaluationPlan plan, EvaluationPlan.Item item) {
        var choice = item.choice();
        String prompt = plan.prompts().get(item.prompt()).text();
        return new Request(prompt, item.seed(), choice.decoder(), choice.settings(), plan.sampling());
    }

    /** Generates one image, and returns the tokens of autoregression that the prompt's other images are compared with. */
    private int[] generate(Generator generator, EvaluationPlan plan, EvaluationPlan.Item item, int[] baseline) {
        var request = request(plan, item);
        var trajectory = item.prompt() == 0 && item.image() == 0 ? new Trajectory.Recorder() : null;
        PeakMemory.reset();
        var generated = generator.generate(request, trajectory == null ? StepObserver.NONE : trajectory);
        Long peak = PeakMemory.bytes();
        write(item, generated, generator.recipe(request));
        if (trajectory != null) {
            trajectory.trajectory(generated.tokens()).write(Trajectory.file(files.path("."), item.choice()));
        }
        var prompt = plan.prompts().get(item.prompt());
        int[] expected = item.choice().isBaseline() ? generated.tokens() : baseline;
        var line = ImageRecord.of(item, prompt, PlanIdentity.settings(item.choice()), generated, expected, peak);
        files.append(line, generated.tokens());
        images.add(line);
        return expected;
    }

    private void write(EvaluationPlan.Item item, GeneratedImage generated, Recipe recipe) {
        PngFile.write(files.image(item.file()), generated.image(), recipe);
    }

    /** The figures of every decoder, from the prompts and seeds that all of them have generated. */
    public List<Summary> summaries(Summary.Metrics measured) {
        var choices = plan().choices();
        int groups = images.size() / choices.size();
        var differences = new FirstDifferences(choices.getFirst().label());
        lines(differences);
        var baseline = images(choices.getFirst()).subList(0, groups);
        return choices.stream()
                .map(choice -> Summary.of(
                        choice,
                        images(choice).subList(0, groups),
                        baseline,
                        differences.earliest().get(choice.label()),
                        measured.of(choice)))
                .toList();
    }

    /**
     * Writes the figures into {@code summary.json}, {@code summary.csv} and {@code summary.md}.
     *
     * @param conditions what the figures depend on besides the plan: the machine
     * @param summaries of all decoders
     */
    public Measurement summarise(Map<String, Object> conditions, List<Summary> summaries, List<Table> further) {
        var table = Summary.table(summaries);
        var tables = new ArrayList<>(List.of(table, Summary.passes(summaries)));
        tables.addAll(further);
        var all = new LinkedHashMap<String, Object>(identity);
        all.putAll(conditions);
        if (!leftOut().isEmpty()) {
            all.put("left_out", String.join(" ", leftOut().keySet()));
        }
        all.keySet().removeIf(key -> key.startsWith("decoder "));
        var measurement = new Measurement("evaluation", all, tables);
        write("summary.json", measurement.json());
        write("summary.md", measurement.markdown());
        write("summary.csv", table.csv());
        return measurement;
    }

    private void write(String name, String text) {
        AtomicFile.write(files.path(name), text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        files.close();
    }
}
