namespace DistTrain.Optimization.Parameters;

/// <summary>How a segment of version 0 is filled: a pure function of the job's seed and the layout.</summary>
public enum InitializationKind
{
    /// <summary>Every element is <see cref="Initialization.Scale"/>.</summary>
    Constant,

    /// <summary>Uniform on [−Scale, Scale).</summary>
    Uniform,

    /// <summary>Normal with deviation Scale.</summary>
    Normal,

    /// <summary>(mean 0, variance 1) pairs of running statistics.</summary>
    Statistics,

    /// <summary>Normal, divided by the norm of the whole: a direction, none preferred.</summary>
    UnitVector,

    /// <summary>The norm of each row of the segment before, in order: g of weight normalization, whose v stands before it.</summary>
    RowNorms,
}

/// <param name="Kind">The distribution.</param>
/// <param name="Scale">Its scale; see <see cref="InitializationKind"/>.</param>
public readonly record struct Initialization(InitializationKind Kind, double Scale = 0)
{
    /// <summary>PyTorch's default for linear and convolutional layers, weights and biases: uniform within 1/sqrt(fanIn).</summary>
    public static Initialization FanIn(int fanIn) => new(InitializationKind.Uniform, 1 / Math.Sqrt(fanIn));

    /// <summary>He et al. 2015 (1502.01852), eq. 10, over the fan-out: normal with deviation sqrt(2/fanOut).</summary>
    public static Initialization HeNormal(int fanOut) => new(InitializationKind.Normal, Math.Sqrt(2.0 / fanOut));

    public static Initialization Zero => new(InitializationKind.Constant, 0);

    public static Initialization One => new(InitializationKind.Constant, 1);
}
