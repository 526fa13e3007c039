using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>
/// Where tensors live and how numbers come there from this process's memory and back: nobody else knows. The vector, the gradient and the examples of a
/// replica are <see cref="Staged{T}"/>; what layers make goes where their input is.
/// </summary>
public sealed class TensorDevice
{
    private const string Variable = "DISTTRAIN_DEVICE";

    private const string StagedKind = "staged";

    private readonly TorchSharp.torch.Device? _apart;
    private readonly bool _isLate;

    /// <summary>Held by who computes on a device, because its memory is for one pass; none on the processor.</summary>
    private readonly Lock? _turn;

    /// <summary>Bytes of the largest piece that it gives; null: libtorch says what there is.</summary>
    private long? _largest;

    /// <summary>Copies until it is gone.</summary>
    private long _copies = long.MaxValue;

    private TensorDevice(TorchSharp.torch.Device? apart, bool isLate = false, string kind = "processor", bool takesTurns = false) =>
        (_apart, _isLate, Kind, _turn) = (apart, isLate, kind, takesTurns ? new Lock() : null);

    /// <summary>The processor. Its tensors lie in this process's memory, which may be shared with others: nothing is moved.</summary>
    public static TensorDevice Processor { get; } = new(apart: null);

    /// <summary>
    /// The processor as a device with memory of its own, whose copies are done as late as they may and out of order: the bits are the processor's as long as
    /// everybody waits where a device asks for it.
    /// </summary>
    public static TensorDevice Staging { get; } = new(new TorchSharp.torch.Device(TorchSharp.DeviceType.CPU), isLate: true, StagedKind);

    /// <summary>
    /// Where this process computes what asks for no other device: on the <see cref="Processor"/>, or with DISTTRAIN_DEVICE=staged as on a device
    /// (<see cref="Staging"/>), to run any test or program over that.
    /// </summary>
    /// <exception cref="InvalidOperationException">The variable says something else; a process that is prepared has been told so.</exception>
    public static TensorDevice Default => Environment.GetEnvironmentVariable(Variable) switch
    {
        StagedKind => Staging,
        null or "" or "cpu" => Processor,
        _ when Played is not null => Processor,
        var other => throw new InvalidOperationException($"{Variable}={other} is no device; set it to cpu, staged or staged:N (N devices that the processor plays), or leave it out."),
    };

    /// <summary>
    /// As how many CUDA devices the processor is to play, and after how many copies each of them is gone (DISTTRAIN_DEVICE=staged:N, staged:N:C), for tests;
    /// null: none.
    /// </summary>
    internal static (int Devices, long? Copies)? Played => Environment.GetEnvironmentVariable(Variable)?.Split(':') switch
    {
        [StagedKind, var number] when int.TryParse(number, out var devices) && devices > 0 => (devices, null),
        [StagedKind, var number, var last] when int.TryParse(number, out var devices) && devices > 0 && long.TryParse(last, out var copies) && copies >= 0 => (devices, copies),
        _ => null,
    };

    /// <summary>What the device is, as far as it decides bits.</summary>
    public string Kind { get; }

    /// <summary>One of them.</summary>
    /// <param name="largest">Bytes of the largest piece of memory that it gives, as one whose memory is full; null: it is never full.</param>
    /// <param name="copies">Copies after which it is gone; null: it stays.</param>
    internal static TensorDevice OfTests(long? largest = null, long? copies = null) =>
        new(new TorchSharp.torch.Device(TorchSharp.DeviceType.CPU), isLate: true, StagedKind, takesTurns: true) { _largest = largest, _copies = copies ?? long.MaxValue };

    /// <summary>A CUDA device.</summary>
    /// <param name="number">From 0, as the driver counts them.</param>
    internal static TensorDevice Cuda(int number) =>
        new(new TorchSharp.torch.Device(TorchSharp.DeviceType.CUDA, number), isLate: false, NvidiaDriver.KindOf(number), takesTurns: true);

    private bool IsCuda => _apart?.type == TorchSharp.DeviceType.CUDA;

    /// <summary>Until it is disposed, no other rank computes here; what it waits for must not be one of those.</summary>
    internal Turn Take() => new(_turn);

    /// <summary>A rank's time on a device.</summary>
    internal readonly ref struct Turn
    {
        private readonly Lock? _held;

        internal Turn(Lock? turn)
        {
            _held = turn;
            turn?.Enter();
        }

        public void Dispose() => _held?.Exit();
    }

    /// <summary>A device whose memory is not this process's: what it computes from is sent there, what comes out is fetched.</summary>
    internal static TensorDevice Apart(TorchSharp.torch.Device device) => new(device);

    /// <summary>Zeros there and here.</summary>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    internal Staged<T> Stage<T>(long[] shape, ScalarType type)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        var here = zeros(shape, dtype: type);
        if (IsCuda)
            here = here.pin_memory(); // what the device can read by itself, while this process does something else
        return Stage(here, new TensorMemory<T>(here).Memory);
    }

    /// <summary>The elements of a part of this process's memory, there and here: a flat vector.</summary>
    /// <param name="memory">Must not move, and outlive the tensor.</param>
    internal Staged<float> Stage(Memory<float> memory)
    {
        using var scope = NewDisposeScope();
        return Stage(BorrowedTensor.Over(memory), memory);
    }

    private Staged<T> Stage<T>(Tensor here, Memory<T> memory)
        where T : unmanaged
    {
        if (here.NumberOfElements * here.ElementSize is var bytes && bytes > _largest)
            throw DeviceMemory.Failure(bytes);
        if (Interlocked.Read(ref _copies) <= 0)
            throw DeviceLoss.Failure();
        var there = _apart is null ? here : here.to(_apart, copy: true);
        return new Staged<T>(there.DetachFromDisposeScope(), _apart is null ? null : here.DetachFromDisposeScope(), memory, _isLate ? new LateCopies(CountCopy) : null, IsCuda);
    }

    private void CountCopy()
    {
        if (Interlocked.Decrement(ref _copies) < 0)
            throw DeviceLoss.Failure();
    }
}
