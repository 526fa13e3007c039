using DistTrain.Optimization.Order;

namespace DistTrain.Protocol;

/// <summary>Positions on the wire.</summary>
public static class PositionMapping
{
    public static DataPosition ToMessage(this Position position) => new()
    {
        Phase = position.Phase,
        Epoch = position.Epoch,
        Cursor = position.Cursor,
        Examples = position.Examples,
        Group = position.Group,
    };

    public static Position ToPosition(this DataPosition message) =>
        new(message.Phase, message.Epoch, message.Cursor, message.Examples, message.Group);
}
