using System.Numerics;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>Which tensors are decayed, and how much.</summary>
internal readonly struct Decay<T>(OptionValues options)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _coefficient = T.CreateChecked(options.Number("weightDecay"));
    private readonly SegmentKinds _decayed = CommonOptions.Decayed(options);

    /// <summary>The coefficient for a tensor of this kind.</summary>
    public T Of(SegmentKind kind) => _decayed.Contains(kind) ? _coefficient : T.Zero;
}
