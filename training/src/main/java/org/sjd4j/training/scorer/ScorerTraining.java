package org.sjd4j.training.scorer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.metrics.scorer.CaptionWords;
import org.sjd4j.metrics.scorer.ScorerNetwork;
import org.sjd4j.tensor.Tensors;
import org.sjd4j.training.data.CaptionedImage;
import org.sjd4j.training.data.ImageStore.Image;
import org.sjd4j.training.loop.TrainableParameters;
import org.sjd4j.training.loop.TrainingTask;

/**
 * Trains a {@link ScorerNetwork}: every image is to find its caption among the plain captions of all things in all styles; and
 * of a batch, whose captions are worded in many ways, every image is to find its caption and every caption its image (the
 * symmetric loss of CLIP, arXiv 2103.00020). Images with the same caption share it.
 *
 * <p>Of most things there is but a handful of drawings, so each is seen turned, stretched and moved a little, otherwise in every
 * step.
 */
final class ScorerTraining implements TrainingTask {
    /** A scorer is shown what an image tokenizer made, which is never quite clean. */
    private static final double NOISE = 0.05;

    /** Most that a drawing is turned by (radians), stretched by, and moved by (halves of its side). */
    private static final double TURNED = 0.2;

    private static final double STRETCHED = 0.15;
    private static final double MOVED = 0.1;

    /** LibTorch's numbers of how it interpolates, and of what lies beyond an edge. */
    private static final int BILINEAR = 0;

    private static final int BORDER = 1;

    private static final int AT_ONCE = 64;

    private final ScorerImages images;
    private final CaptionWords captions;
    private final List<String> everyCaption;
    private final TrainableParameters parameters;
    private final ScorerNetwork network;
    private final long seed;
    private final Device device;

    ScorerTraining(ScorerNetwork.Config config, ScorerImages images, CaptionWords captions, long seed, Device device) {
        this.images = images;
        this.captions = captions;
        this.seed = seed;
        this.device = device;
        this.everyCaption = images.plain().stream()
                .map(image -> image.example().caption())
                .distinct()
                .toList();
        this.parameters = new TrainableParameters(ScorerNetwork.parameters(config), parameter -> true, seed, device);
        this.network = new ScorerNetwork(config, parameters.weights());
    }

    @Override
    public TrainableParameters parameters() {
        return parameters;
    }

    @Override
    public Loss descend(long step) {
        var batch = images.training(step);
        torch.manual_seed(seed * 31 + step);
        Tensor drawn = images.tensor(batch).to(device, ScalarType.Float);
        Tensor clean = turned(drawn, step);
        Tensor noisy = clean.add(torch.randn_like(clean), new Scalar(NOISE));
        Tensor shown = network.images(network.features(noisy));
        Tensor told = network.captions(ids(captions(batch, step)));
        Tensor logits = torch.matmul(shown, told.t()).mul(network.scale());
        Tensor wanted = sameCaption(batch);
        Tensor ofBatch = crossEntropy(logits, wanted)
                .add(crossEntropy(logits.t(), wanted))
                .mul(new Scalar(0.5));
        Tensor all = network.captions(ids(everyCaption));
        Tensor ofAll = torch.cross_entropy_loss(torch.matmul(shown, all.t()).mul(network.scale()), places(batch));
        return Loss.descend(ofBatch.add(ofAll), Map.of());
    }

    /** Where the images' plain captions stand among all. */
    private Tensor places(List<Image> batch) {
        int[] places = batch.stream()
                .mapToInt(image -> everyCaption.indexOf(image.example().caption()))
                .toArray();
        return Tensors.of(places, places.length).to(device, ScalarType.Long);
    }

    /** Images turned, stretched and moved, each in its own way; what comes in at an edge has the edge's colour. */
    private Tensor turned(Tensor drawn, long step) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L - step);
        int count = Math.toIntExact(drawn.size(0));
        float[] maps = new float[count * 6];
        for (int i = 0; i < count; i++) {
            double angle = random.nextDouble(-TURNED, TURNED);
            double wide = 1 + random.nextDouble(-STRETCHED, STRETCHED);
            double high = 1 + random.nextDouble(-STRETCHED, STRETCHED);
            maps[6 * i] = (float) (wide * Math.cos(angle));
            maps[6 * i + 1] = (float) (-high * Math.sin(angle));
            maps[6 * i + 2] = (float) random.nextDouble(-MOVED, MOVED);
            maps[6 * i + 3] = (float) (wide * Math.sin(angle));
            maps[6 * i + 4] = (float) (high * Math.cos(angle));
            maps[6 * i + 5] = (float) random.nextDouble(-MOVED, MOVED);
        }
        Tensor grid = torch.affine_grid_generator(
                Tensors.of(maps, count, 2, 3).to(device, ScalarType.Float), drawn.shape(), false);
        return torch.grid_sampler(drawn, grid, BILINEAR, BORDER, false);
    }

    /** The images' captions, every second one in other words where there are any. */
    private List<String> captions(List<Image> batch, long step) {
        var random = new SplittableRandom(~seed * 0x9E3779B97F4A7C15L + step);
        return batch.stream()
                .map(image -> {
                    var others = image.otherCaptions();
                    return others.isEmpty() || random.nextBoolean()
                            ? image.caption()
                            : others.get(random.nextInt(others.size()));
                })
                .toList();
    }

    private static Tensor crossEntropy(Tensor logits, Tensor wanted) {
        return torch.log_softmax(logits, 1).mul(wanted).sum().div(new Scalar((double) -logits.size(0)));
    }

    /** {@code [batch, batch]}: rows that share out 1 among the images of the same caption. */
    private Tensor sameCaption(List<Image> batch) {
        int n = batch.size();
        float[] share = new float[n * n];
        for (int i = 0; i < n; i++) {
            String caption = batch.get(i).caption();
            long same = batch.stream()
                    .filter(other -> other.caption().equals(caption))
                    .count();
            for (int j = 0; j < n; j++) {
                share[i * n + j] = batch.get(j).caption().equals(caption) ? 1f / same : 0;
            }
        }
        return Tensors.of(share, n, n).to(device, ScalarType.Float);
    }

    private Tensor ids(List<String> texts) {
        return Tensors.of(captions.ids(texts), texts.size(), 2, network.config().slots())
                .to(device, ScalarType.Int);
    }

    /**
     * How often a held-out image's own caption is the closest: of all captions of its style, and of those of its thing in
     * all styles.
     */
    @Override
    public Map<String, Double> validate() {
        var heldOut = images.heldOut();
        var all = new ArrayList<>(images.plain());
        all.addAll(heldOut);
        var of = new LinkedHashMap<String, CaptionedImage>();
        all.forEach(image -> of.putIfAbsent(image.caption(), image.example()));
        var texts = List.copyOf(of.keySet());
        var examples = List.copyOf(of.values());
        Tensor told = embeddings(texts.size(), (from, to) -> network.captions(ids(texts.subList(from, to))));
        Tensor shown = embeddings(
                heldOut.size(),
                (from, to) -> network.images(network.features(
                        images.tensor(heldOut.subList(from, to)).to(device, ScalarType.Float))));
        float[] cosines = Tensors.floats(torch.matmul(shown, told.t()));
        double thing = 0;
        double style = 0;
        double any = 0;
        for (int i = 0; i < heldOut.size(); i++) {
            var own = heldOut.get(i).example();
            int place = i * texts.size();
            int best = texts.indexOf(heldOut.get(i).caption());
            boolean first = true;
            boolean firstOfStyle = true;
            boolean firstOfThing = true;
            for (int j = 0; j < texts.size(); j++) {
                if (cosines[place + j] > cosines[place + best]) {
                    var other = examples.get(j);
                    first = false;
                    firstOfStyle &= !other.style().equals(own.style());
                    firstOfThing &= !other.concept().equals(own.concept());
                }
            }
            any += first ? 1 : 0;
            thing += firstOfStyle ? 1 : 0;
            style += firstOfThing ? 1 : 0;
        }
        int n = heldOut.size();
        return Map.of("first_of_all", any / n, "first_of_its_style", thing / n, "first_of_its_thing", style / n);
    }

    private interface Piece {
        Tensor of(int from, int to);
    }

    private static Tensor embeddings(int count, Piece piece) {
        var pieces = new ArrayList<Tensor>();
        for (int begin = 0; begin < count; begin += AT_ONCE) {
            int from = begin;
            pieces.add(Tensors.keep(() -> piece.of(from, Math.min(count, from + AT_ONCE))));
        }
        return Tensors.cat(0, pieces.toArray(Tensor[]::new));
    }
}
