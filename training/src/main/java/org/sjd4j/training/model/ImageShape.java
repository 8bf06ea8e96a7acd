package org.sjd4j.training.model;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sjd4j.decode.RasterLayout;
import org.sjd4j.decode.sampling.Layout;
import org.sjd4j.tensor.Tensors;

/**
 * Which tokens of an image are codes and which are structural. The latter are known beforehand: they are never read
 * noisy and never learned.
 */
public final class ImageShape {
    private final RasterLayout layout;
    private final boolean structural;
    private final Tensor isCode;
    private final Tensor positions;

    /** The shape of images of a layout. */
    public ImageShape(RasterLayout layout, Device device) {
        this.layout = layout;
        int[] codes = IntStream.range(0, layout.length())
                .filter(position -> layout.forcedAt(position) == Layout.NONE)
                .toArray();
        this.structural = codes.length < layout.length();
        int[] open = new int[layout.length()];
        Arrays.stream(codes).forEach(position -> open[position] = 1);
        this.isCode = Tensors.of(open, 1, open.length, 1).to(device, ScalarType.Bool);
        this.positions = Tensors.of(codes, codes.length).to(device, ScalarType.Long);
    }

    /** Number of tokens. */
    public int length() {
        return layout.length();
    }

    /** Rows of tokens that are read: all but the last. */
    public int read() {
        return layout.length() - 1;
    }

    /** Tokens of one line, its end included. */
    public int lineLength() {
        return layout.lineLength();
    }

    /** Token ids {@code [images, n]} as codes; 0 stands for structural tokens. */
    public Tensor codes(Tensor tokens) {
        Tensor codes = layout.firstImageId() == 0 ? tokens : tokens.sub(new Scalar(layout.firstImageId()));
        return structural ? codes.mul(isCode.squeeze(-1)) : codes;
    }

    /**
     * Rows of the tokens that are read, {@code [images, read, n]}: some for codes and others for structural tokens.
     */
    public Tensor mixed(Tensor ofCodes, Tensor ofStructural) {
        return structural ? torch.where(isCode.narrow(1, 0, read()), ofCodes, ofStructural) : ofCodes;
    }

    /** A gate that is open for codes, {@code [1, 1 or read, 1]} float32. */
    public Tensor gate() {
        return structural
                ? isCode.narrow(1, 0, read()).to(ScalarType.Float)
                : torch.ones(new long[] {1, 1, 1}, Tensors.options(ScalarType.Float, isCode.device()));
    }

    /** Of {@code [images, length, ...]}, what belongs to codes. */
    public Tensor ofCodes(Tensor all) {
        return structural ? all.index_select(1, positions) : all;
    }

    /** Of rows {@code [images, read, ...]} of the tokens that are read, those that predict codes. */
    public Tensor predictingCodes(Tensor rows) {
        return structural ? rows.index_select(1, beyondFirst().sub(new Scalar(1))) : rows;
    }

    /** Of {@code [images, length, ...]}, what belongs to codes other than the first token, which the prompt predicts. */
    public Tensor predictedCodes(Tensor all) {
        return structural ? all.index_select(1, beyondFirst()) : all.narrow(1, 1, read());
    }

    private Tensor beyondFirst() {
        return layout.forcedAt(0) == Layout.NONE ? positions.narrow(0, 1, positions.size(0) - 1) : positions;
    }
}
