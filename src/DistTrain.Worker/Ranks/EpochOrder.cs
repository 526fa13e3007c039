using DistTrain.Optimization.Order;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Worker.Ranks;

/// <summary>The permutation of the epoch at hand, and the examples as they are in it, made once an epoch.</summary>
internal sealed class EpochOrder(long seed, ExampleSet data)
{
    private int[] _order = [];
    private ExampleSet? _shown;
    private (int Group, int Epoch) _made = (-1, -1);

    public int[] Of(Position position)
    {
        Make(position);
        return _order;
    }

    public ExampleSet DataOf(Position position)
    {
        Make(position);
        return _shown ?? data;
    }

    private void Make(Position position)
    {
        if (_made == (position.Group, position.Epoch))
            return;
        _order = Permutation.Of(seed, position.Group, position.Epoch, data.Count);
        _shown = data.At(position.Group, position.Epoch);
        _made = (position.Group, position.Epoch);
    }
}
