using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>
/// The copies of one <see cref="Staged{T}"/> at the worst times that are allowed: every other one when it is begun, the others when they are waited for,
/// the last ones first. Until then the target holds nonsense, so whoever does not wait for it gets other bits; and whoever writes what a copy still takes is
/// told so.
/// </summary>
/// <param name="counts">Told of each copy that is begun; what it throws is what the device says.</param>
internal sealed class LateCopies(Action counts) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(Tensor From, Tensor Before, Tensor To, int First, int End)> _begun = [];
    private int _count;

    /// <summary>Begins one.</summary>
    /// <param name="from">The elements as they are.</param>
    /// <param name="to">As many elements elsewhere.</param>
    /// <param name="first">The first of them in the whole.</param>
    /// <param name="elements">How many.</param>
    public void Begin(Tensor from, Tensor to, int first, int elements)
    {
        counts();
        lock (_gate)
        {
            if (_count++ % 2 == 1)
            {
                to.copy_(from);
                return;
            }

            // Not a number; as a label the number of no class.
            using var nonsense = to.is_floating_point() ? double.NaN.ToScalar() : int.MinValue.ToScalar();
            to.fill_(nonsense);
            _begun.Add((from.DetachFromDisposeScope(), from.clone().DetachFromDisposeScope(), to.DetachFromDisposeScope(), first, first + elements));
        }
    }

    /// <summary>Ends those that touch some elements.</summary>
    /// <exception cref="InvalidOperationException">What one takes was written since it was begun.</exception>
    public void Wait(int first, int elements)
    {
        lock (_gate)
        {
            using var noGradient = no_grad();
            for (var i = _begun.Count - 1; i >= 0; i--)
            {
                var (from, before, to, begin, end) = _begun[i];
                if (begin >= first + elements || first >= end)
                    continue;
                _begun.RemoveAt(i);
                var same = from.allclose(before, 0, 0, equal_nan: true);
                to.copy_(from);
                Release(from, before, to);
                if (!same)
                    throw new InvalidOperationException($"elements {begin} to {end} were written before the copy that takes them was waited for");
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (from, before, to, _, _) in _begun)
                Release(from, before, to);
            _begun.Clear();
        }
    }

    private static void Release(Tensor from, Tensor before, Tensor to)
    {
        from.Dispose();
        before.Dispose();
        to.Dispose();
    }
}
