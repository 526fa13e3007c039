using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Hosting;
using static TorchSharp.torch;

namespace DistTrain.Benchmarks.Update;

/// <summary>The same updates as TorchSharp's in-place operations, tensor by tensor where the rule needs norms, on intra-op threads.</summary>
internal sealed class TorchUpdates : IDisposable
{
    private const double Rate = 1e-4;
    private readonly Tensor _w;
    private readonly Tensor _g;
    private readonly Tensor _m;
    private readonly Tensor _v;
    private readonly Tensor[] _ranks;
    private readonly (Tensor W, Tensor G, Tensor M, Tensor V, bool Adapted)[] _tensors;

    public TorchUpdates(ParameterLayout layout, int threads, int ranks)
    {
        NativeEnvironment.Prepare();
        set_num_threads(threads);
        (_w, _g, _m, _v) = (full(layout.Length, 0.5f), full(layout.Length, 1e-3f), zeros(layout.Length), zeros(layout.Length));
        _ranks = [.. Enumerable.Range(0, ranks).Select(_ => full(layout.Length, 1e-3f))];
        _tensors = [.. layout.Segments.Select(s => (View(_w, s), View(_g, s), View(_m, s), View(_v, s), s.Kind == SegmentKind.Weight))];
    }

    public void Momentum()
    {
        using var scope = NewDisposeScope();
        _m.mul_(0.9f).add_(_g);
        _w.add_(_m, alpha: -Rate);
    }

    public void Lars()
    {
        using var scope = NewDisposeScope();
        foreach (var (w, g, m, _, adapted) in _tensors)
        {
            var ratio = 1.0;
            if (adapted)
            {
                var (weight, gradient) = (w.norm().item<float>(), g.norm().item<float>());
                ratio = 0.001 * weight / (gradient + (0.0005 * weight));
                m.mul_(0.9f).add_(g, alpha: Rate * ratio).add_(w, alpha: Rate * ratio * 0.0005);
            }
            else
            {
                m.mul_(0.9f).add_(g, alpha: Rate);
            }

            w.sub_(m);
        }
    }

    public void Lamb()
    {
        foreach (var (w, g, m, v, adapted) in _tensors)
        {
            using var scope = NewDisposeScope();
            m.mul_(0.9f).add_(g, alpha: 0.1);
            v.mul_(0.999f).addcmul_(g, g, 0.001f);
            var u = v.div(0.002f).sqrt_().add_(1e-6f);
            u.reciprocal_().mul_(m).mul_(1 / 0.19f);
            var ratio = 1.0;
            if (adapted)
            {
                u.add_(w, alpha: 0.01);
                ratio = w.norm().item<float>() / u.norm().item<float>();
            }

            w.add_(u, alpha: -Rate * ratio);
        }
    }

    public void Average()
    {
        using var scope = NewDisposeScope();
        for (var rank = 1; rank < _ranks.Length; rank++)
            _ranks[0].add_(_ranks[rank]);
    }

    public void Dispose()
    {
        foreach (var (w, g, m, v, _) in _tensors)
        {
            w.Dispose();
            g.Dispose();
            m.Dispose();
            v.Dispose();
        }

        foreach (var tensor in _ranks.Append(_w).Append(_g).Append(_m).Append(_v))
            tensor.Dispose();
    }

    private static Tensor View(Tensor flat, Segment segment) => flat.narrow(0, segment.Offset, segment.Length);
}
