using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>A tensor of a few elements under an optimizer in float64, for steps that can be followed by hand.</summary>
internal sealed class OneTensor
{
    private readonly Segment _segment;
    private readonly CutTensor<double> _cut;
    private UpdateTime _time;

    public OneTensor(string optimizer, double[] start, params (string Name, object Value)[] options)
        : this(optimizer, SegmentKind.Weight, start, options)
    {
    }

    public OneTensor(string optimizer, SegmentKind kind, double[] start, params (string Name, object Value)[] options)
    {
        Weights = start;
        Rule = OptimizerByName.Create<double>(optimizer, options.ToDictionary(o => o.Name, o => o.Value));
        _segment = new Segment("w", kind, [start.Length], 0, Initialization.Zero);
        _cut = new CutTensor<double>(Rule, _segment);
        _time = new UpdateTime(-1, 0, 0);
    }

    public IOptimizer<double> Rule { get; }

    public double[] Weights { get; private set; }

    /// <summary>The factor on the last step, of a layerwise rule.</summary>
    public double Ratio => ((ILayerwiseOptimizer)Rule).TrustRatio(_segment.Kind, _time, _cut.Norms);

    public double[] Slot(int index) => _cut.Slots[index];

    /// <summary>The next step; of the first one, the rate before is its own.</summary>
    public OneTensor Step(double rate, double[] gradient, double epoch = 0, double scale = 1)
    {
        _time = new UpdateTime(_time.Step + 1, rate, _time.Step < 0 ? rate : _time.LearningRate, epoch, scale);
        Weights = _cut.Step(_time, Weights, gradient);
        return this;
    }

    public void AssertWeights(params double[] expected)
    {
        Assert.Equal(expected.Length, Weights.Length);
        Assert.All(expected.Zip(Weights), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
